{ groups: [] }
