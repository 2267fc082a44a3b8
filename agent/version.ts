/** Of this agent, as reports, `/healthz` and `/metrics` tell it. */
export const agentVersion = '0.1.0'
