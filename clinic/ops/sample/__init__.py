"""A made-up clinic for trying Clinic out: nobody in it exists. Refused in production."""
