"""Where options come from: arguments, variables, .env, the configuration file, profiles."""
