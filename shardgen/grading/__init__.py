"""Grades: what a user made of dirty bronze, held against the clean rows and the answer key.

``mapping`` says what is read of whom, ``truth`` makes the clean rows with what is wrong with each, ``pairing`` finds
what the user has of them, ``judging`` says what each pair comes to, ``score`` sums that up. All rows go by as two
streams in one order, so that nothing grows with the tables.
"""
