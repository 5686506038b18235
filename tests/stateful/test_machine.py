"""Model and contracts, played against each other by Hypothesis on the in-process EVM."""

from tests.stateful.machine import in_process_stage, machine

TestRegistries = machine("RegistriesMachine", in_process_stage).TestCase
