"""FHIR R4 resources as Clinic understands them. Source: HL7 FHIR R4 (4.0.1), Patient and Practitioner."""
