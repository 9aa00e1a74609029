"""What probes of a service saw over months: from Prometheus, or from a monitor's export."""
