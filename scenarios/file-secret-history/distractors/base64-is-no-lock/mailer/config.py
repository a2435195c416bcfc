"""Settings of the mailer."""
import base64
import os

API_URL = "https://api.mail.example/v1/messages"
SENDER = "Lighthouse News <news@lighthouse.example>"

API_KEY = os.environ.get("MAIL_API_KEY") or base64.b64decode("bWtfbGl2ZV9RaDd2VDJwTHg5UmM0V2JOOHNaazNZZDY=").decode()
