"""What is said and drawn: one module for each kind of story, and what they share.

Each part is made of the answers that it names; where they are missing it is not made, and its section says why.
``section`` says what a page consists of, ``charts`` which kinds of picture there are, ``grammar`` what those share,
``formats`` how numbers are written.
"""
