"""The screens a receptionist lives in: composes the areas below it."""
