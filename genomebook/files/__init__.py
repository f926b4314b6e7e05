"""Files: written aside and synced, digested, checked block by block, listed in typed manifests, locked."""
