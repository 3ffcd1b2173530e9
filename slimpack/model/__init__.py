"""The values that flow between the stages: frozen, without I/O, standard library only."""
