"""What people type into the consent room's pages, turned into what its services take."""
