import { expect } from '@jest/globals';
import type { AuthorizedRoute, OpenRoute } from '../../../../local/gateway/answer-request.ts';
import {
  type AccessEntry,
  type Authorizer,
  createGateway,
  type Gateway,
  type Route,
} from '../../../../local/gateway/gateway.ts';
import { type Received, sendRequest } from './send-request.ts';

export const PATH = '/v1/streams/web_events/batches';
export const ROUTE = { method: 'POST', path: '/v1/streams/{stream}/batches' } as const;
const running: Gateway[] = [];

/** Starts a gateway whose clock stands still, on any free port, and collects what it logs. */
export async function startGateway(routes: readonly Route[], port = 0) {
  const log: AccessEntry[] = [];
  const faults: unknown[] = [];
  const gateway = createGateway({
    routes,
    now: () => 1_763_884_800_000,
    onAccess: (entry) => log.push(entry),
    onFault: (fault) => faults.push(fault.error),
  });
  running.push(gateway);
  return { origin: await gateway.listen(port), gateway, log, faults };
}

/** Closes what the test has started. */
export async function closeGateways(): Promise<void> {
  await Promise.all(running.splice(0).map((gateway) => gateway.close()));
}

/** Answers with the event that it got. */
export const echo: OpenRoute = {
  ...ROUTE,
  integration: async (event) => ({ statusCode: 200, body: JSON.stringify(event) }),
};

/** Answers with the authorizer's context. */
export function guarded(authorize: Authorizer['authorize'], ttlSeconds = 0): AuthorizedRoute {
  const identitySources = ['$request.header.Authorization', '$context.routeKey'];
  return {
    ...ROUTE,
    authorizer: { identitySources, ttlSeconds, authorize },
    integration: async (event) => ({ statusCode: 200, body: JSON.stringify(event.requestContext.authorizer.lambda) }),
  };
}

export function post(
  origin: string,
  headers: readonly string[] = [],
  body: string | Uint8Array = '[]',
): Promise<Received> {
  return sendRequest(origin, { method: 'POST', path: PATH, headers, body });
}

/** What the gateway answers by itself: opaque, and with its request id. */
export function expectOwnAnswer(received: Received, status: number, message: string): void {
  expect(received.status).toBe(status);
  expect(received.body).toBe(JSON.stringify({ message }));
  expect(received.headers['content-type']).toBe('application/json');
  expect(received.headers['apigw-requestid']).toMatch(/^[A-Za-z0-9+/]{15}=$/);
}
