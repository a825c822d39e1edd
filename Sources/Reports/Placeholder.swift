import Usage
