"""What lies around the program: its installation, processors, files, sockets, the search path, what the system refuses.

Nothing here knows of loads, tables or servers; what the system says becomes an error with a remedy.
"""
