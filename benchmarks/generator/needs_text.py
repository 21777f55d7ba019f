"""Sentences that customers write to a shop, by topic; some words are invented gaps filled from the product family."""

import random

_SENTENCES: dict[str, tuple[str, ...]] = {
    "upgrade": (
        "I would like to move to a better {family} model.",
        "Is there a larger version of my {family} order?",
        "What does the premium {family} plan cost?",
    ),
    "new product": (
        "Do you have anything new in {family}?",
        "Please tell me when the new {family} range arrives.",
        "Looking for a {family} gift for my sister.",
    ),
    "subscription": (
        "Can I get {family} every month?",
        "Please change my {family} subscription to every two weeks.",
        "I want to pause the {family} subscription in August.",
    ),
    "delivery": (
        "My {family} parcel has not arrived yet.",
        "Can you deliver {family} on Saturday?",
        "The driver left the {family} box at the neighbour's.",
    ),
    "advice": (
        "Which {family} item suits a small flat?",
        "I need advice on {family} before I buy.",
        "How do I choose the right {family} size?",
    ),
    "discount": (
        "Is there a voucher for {family}?",
        "I saw {family} cheaper elsewhere, can you match the price?",
        "When is the next {family} sale?",
    ),
    "refund": (
        "I sent the {family} item back and wait for my money.",
        "The {family} refund is missing on my card.",
        "How do I return {family} things?",
    ),
    "installation": (
        "Please send somebody to install the {family} unit.",
        "I cannot connect the {family} device.",
        "Do you take the old {family} away?",
    ),
    "warranty": (
        "The {family} item broke after eight months.",
        "Where do I register the {family} warranty?",
        "Need a spare part for my {family} purchase.",
    ),
    "account": (
        "I cannot log in to see my {family} order.",
        "Please merge my two accounts.",
        "How do I change the e-mail address of my account?",
    ),
    "complaint": (
        "Third time the {family} order is wrong, I am disappointed.",
        "Nobody answers about my {family} problem.",
        "The {family} quality got worse.",
    ),
    "cancellation": (
        "Please cancel my {family} order.",
        "I want to close my account.",
        "Cancel everything, I buy {family} elsewhere now.",
    ),
}
TOPICS: tuple[str, ...] = tuple(_SENTENCES)
PRODUCT_TOPICS = frozenset({"upgrade", "new product", "subscription", "discount", "advice"})


def sentence(topic: str, family: str, rng: random.Random) -> str:
    return rng.choice(_SENTENCES[topic]).format(family=family)
