"""Values that flow through the house: frames, scenes, maps, cards, errors; no behaviour but take and concat."""
