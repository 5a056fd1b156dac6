"""Two agents of a greenhouse that share one model: the cap is missing where the model is made, and only there."""

from strands import Agent
from strands.models import BedrockModel

from greenhouse_tools import open_vent, read_sensor, water_bed

model = BedrockModel(model_id="us.amazon.nova-pro-v1:0", temperature=0.2)

climate = Agent(model=model, system_prompt="You keep the climate of a greenhouse.", tools=[read_sensor, open_vent])
watering = Agent(model=model, system_prompt="You water the beds of a greenhouse.", tools=[read_sensor, water_bed])


def evening_round(bed):
    climate("Close what is open and report the temperature.")
    watering(f"Water bed {bed} if it is dry.")


bounded = Agent(model=BedrockModel(model_id="us.amazon.nova-lite-v1:0", max_tokens=300), system_prompt="You name plants.")
bounded("Which plant has round leaves and smells of lemon?")
