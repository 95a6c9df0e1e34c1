"""The methods, one group a module. Each group is a class over the chain; nothing here knows the transport."""
