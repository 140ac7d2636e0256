"""What lies around the program: its installation, processors, files, the search path, and what the system refuses."""
