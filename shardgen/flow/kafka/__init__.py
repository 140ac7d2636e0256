"""Kafka as the place that a stream plays into: a topic for each table, keyed by the key of the record.

Changes and the position after them are one transaction: the position is the newest record of ``PREFIX.shardgen``, with
the world that the topics hold. What a lost answer leaves in doubt is sent again, with the same key and version.

``address`` says where it is, ``client`` has the patience, ``topics`` asks what is there, ``sink`` plays. The client
library is imported when something is opened.
"""
