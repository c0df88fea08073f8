"""Landing of outside sources: clients, stored responses, batches, daily and snapshot runs."""
