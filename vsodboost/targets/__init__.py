"""Running a target model by its card, and its twin that learns."""
