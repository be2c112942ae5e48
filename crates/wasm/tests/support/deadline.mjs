import { setTimeout as delay } from "node:timers/promises";

/** Tries until `attempt` returns a value, and fails with the name of what was waited for. */
export async function eventually(name, attempt, milliseconds = 60_000) {
  const deadline = Date.now() + milliseconds;
  while (Date.now() < deadline) {
    const value = await attempt();
    if (value !== undefined) return value;
    await delay(50);
  }
  throw new Error(`waited ${milliseconds / 1000} s for ${name}`);
}
