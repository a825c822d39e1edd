/// What a record has in common with many others of its file: its names, and how it was billed and ended.
package struct RecordKind: Hashable, Sendable {
  package var provider = NameID.none
  package var model = NameID.none
  package var region = NameID.none
  /// ISO 4217 code of the reported cost.
  package var currency = NameID.none
  package var labels = LabelSetID.none
  package var tier = ServiceTier.unknown
  package var status = RequestStatus.succeeded
  /// False where the source cannot know the cache split: uncached input is then an upper bound.
  package var splitKnown = true

  package init() {}
}
