"""Settings of the mailer."""
import os

API_URL = "https://api.mail.example/v1/messages"
SENDER = "Lighthouse News <news@lighthouse.example>"

# From the environment; without it the mailer does not start, which is better than starting with a wrong one.
API_KEY = os.environ["MAIL_API_KEY"]
