"""Kill, cut, freeze, double: nothing lost, nothing doubled. On real Kafka, PostgreSQL and Valkey."""
