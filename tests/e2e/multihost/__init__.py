"""Several hosts on one machine: full nodes and daemons that only meet over a network, which is cut and healed."""
