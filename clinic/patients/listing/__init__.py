"""The list of patients: filters, orders and keyset pages."""
