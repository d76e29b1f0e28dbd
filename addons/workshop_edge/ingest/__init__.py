"""What comes in from the bays: checked, decoded, handed on, answered."""
