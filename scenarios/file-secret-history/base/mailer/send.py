"""Sends the newsletter through the provider's API."""
import json
import urllib.request

from mailer.config import API_KEY, API_URL, SENDER


def send(to, subject, text):
    body = json.dumps({"from": SENDER, "to": to, "subject": subject, "text": text}).encode()
    request = urllib.request.Request(API_URL, body, {"Authorization": "Bearer " + API_KEY, "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.status == 202
