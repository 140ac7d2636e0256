"""What is said and drawn, one module for each kind of story; each part is made of the answers that it names.

A part whose answers are missing is not made; the section says why instead.
"""
