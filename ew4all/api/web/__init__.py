"""The pages that the service shows to people, with everything they need: no page asks another host for anything."""
