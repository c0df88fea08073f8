"""The sources of facts about storage providers: URL finder, FilSpark, Lotus, IPNI and locations."""
