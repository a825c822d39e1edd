import Foundation
import Testing
import Usage
import UsageLogs

@Suite struct VLLMModelTests {
  private let line = v1Line("10:00:10", "10.0", "1.0")

  @Test(arguments: [
    (
      "Initializing a V1 LLM engine (v0.9.1) with config: model='/m/x', seed=0, served_model_name=chat, a=1",
      "chat"
    ),
    (
      "Initializing an LLM engine (v0.6.3) with config: model='Qwen/Qwen2.5-7B', served_model_name=None, a=1",
      "Qwen/Qwen2.5-7B"
    ),
    (
      "non-default args: {'model_tag': '/m/Voxtral-4B', 'host': '0.0.0.0', 'model': '/m/Voxtral-4B/'}",
      "Voxtral-4B"
    ),
    ("non-default args: {'model': 'a/b', 'served_model_name': ['one', 'two']}", "one"),
    ("args: Namespace(host=None, model='a/b', served_model_name=['served'], x=1)", "served"),
    ("args: Namespace(host=None, model='a/b', served_model_name=None, x=1)", "a/b"),
    (
      "vLLM server version 0.18.0, serving model /mnt/models/mistralai/Voxtral-4B-TTS",
      "Voxtral-4B-TTS"
    ),
    ("  █▄█▀ █     █     █     █  model   RedHatAI/Qwen3.6-35B", "RedHatAI/Qwen3.6-35B"),
    ("Starting to load model Qwen/Qwen2.5-7B-Instruct...", "Qwen/Qwen2.5-7B-Instruct"),
    (
      "vLLM server version 0.18.0, serving model "
        + "/root/.cache/huggingface/hub/models--Qwen--Qwen3-8B/snapshots/b968826d",
      "Qwen/Qwen3-8B"
    ),
  ]) func readsTheModel(start: String, model: String) throws {
    let log = try readServerLog("INFO 06-16 10:00:00 [utils.py:1] \(start)\n\(line)\n")
    #expect(log.models == [model])
  }

  @Test func followsAChangeOfModel() throws {
    let text = """
      INFO 06-16 09:00:00 [utils.py:1] non-default args: {'model': 'a/first'}
      INFO 06-16 09:00:01 [core.py:1] Starting to load model /x/y...
      \(v1Line("10:00:10", "10.0", "1.0"))
      INFO 06-16 11:00:00 [utils.py:1] non-default args: {'model': 'b/second'}
      \(v1Line("12:00:10", "10.0", "1.0"))
      """
    #expect(try readServerLog(text).models == ["a/first", "b/second"])
  }

  @Test func keepsServicesApart() throws {
    let text = """
      one  | INFO 06-16 09:00:00 [utils.py:1] non-default args: {'model': 'a/first'}
      two  | INFO 06-16 09:00:00 [utils.py:1] non-default args: {'model': 'b/second'}
      one  | \(v1Line("10:00:10", "10.0", "1.0"))
      two  | \(v1Line("10:00:11", "10.0", "1.0"))
      six  | \(v1Line("10:00:12", "10.0", "1.0"))
      """
    let log = try readServerLog(text)
    #expect(log.models == ["a/first", "b/second", ""])
    #expect(log.notes("no model for 1 interval"))
  }

  @Test func versionTellsWhatThePromptRateMeans() throws {
    let start = "INFO 06-16 09:00:00 [utils.py:1] vLLM server version "
    let hit = v1Line("10:00:10", "10.0", "1.0", source: "fork.py:7", hit: "50.0")
    #expect(try readServerLog(start + "0.16.0, serving model m\n" + hit).records[0].kind.splitKnown)
    #expect(
      try !readServerLog(start + "0.15.1, serving model m\n" + hit).records[0].kind.splitKnown)
  }
}
