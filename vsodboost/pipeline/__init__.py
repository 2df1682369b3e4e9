"""One way through: options, plan, engine, run."""
