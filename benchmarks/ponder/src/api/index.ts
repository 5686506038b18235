/** Ponder does not start without an API; nobody asks this one. */
import { Hono } from "hono";

export default new Hono();
