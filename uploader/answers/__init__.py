"""HTTP answers: what they say, and the record of requests that support asks for."""
