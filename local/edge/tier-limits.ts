import type { HandlerName, Tier } from './edge-options.ts';

/** What one call of a handler may use. */
export interface HandlerLimits {
  readonly memoryBytes: number;
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly subRequests: number;
  /** Those above it wait. */
  readonly parallelSubRequests: number;
  readonly subRequestWallMs: number;
  readonly subRequestBytes: number;
}

export interface TierLimits {
  /** The number that debug headers call it by. */
  readonly id: 100 | 200 | 280;
  /** Module-level code. Its processor time is reported and never enforced, as that of handlers: another machine has other milliseconds. */
  readonly initWallMs: number;
  readonly initCpuMs: number;
  readonly inline: HandlerLimits;
  readonly responseProvider: HandlerLimits;
}

const MB = 1024 * 1024;

/** Akamai, "Resource tier limitations" (March 2025). */
export const TIER_LIMITS: Readonly<Record<Tier, TierLimits>> = {
  basic: {
    id: 100,
    initWallMs: 200,
    initCpuMs: 60,
    inline: limits(1.5, 10, 4000, 2, 2, 4000, 5),
    responseProvider: limits(2, 100, 4000, 50, 5, 4000, 5),
  },
  dynamic: {
    id: 200,
    initWallMs: 500,
    initCpuMs: 60,
    inline: limits(2.5, 20, 5500, 4, 4, 5500, 5),
    responseProvider: limits(4, 200, 8000, 50, 5, 8000, 5),
  },
  enterprise: {
    id: 280,
    initWallMs: 500,
    initCpuMs: 300,
    inline: limits(4, 70, 10_000, 10, 10, 10_000, 8),
    // Another version of the page says 5 MB; the estimate is rough enough for either.
    responseProvider: limits(6, 300, 10_000, 50, 10, 10_000, 8),
  },
};

/** PM user variables that an EdgeWorker writes: characters in all (same source). */
export const VARIABLE_CHARS = 1024;
/** Response headers of a sub-request: bytes (Akamai, "Limitations"). */
export const SUB_REQUEST_HEADER_BYTES = 8192;
/** The stream `request.body` (same source). */
export const BODY_STREAM_BYTES = 1 * MB;
/** A string body of `createResponse` (types, "Limitations"). */
export const RESPONSE_BODY_BYTES = 100_000;
/** Status and headers of `createResponse` (changelog, October 2025). */
export const RESPONSE_HEAD_BYTES = 16 * 1024;
/** Body of `respondWith` (changelog, 31 July 2026). */
export const RESPOND_WITH_CHARS = 16_384;

export function handlerLimits(tier: Tier, handler: HandlerName): HandlerLimits {
  return handler === 'responseProvider' ? TIER_LIMITS[tier].responseProvider : TIER_LIMITS[tier].inline;
}

function limits(
  memoryMb: number,
  cpuMs: number,
  wallMs: number,
  subRequests: number,
  parallelSubRequests: number,
  subRequestWallMs: number,
  responseMb: number,
): HandlerLimits {
  return {
    memoryBytes: memoryMb * MB,
    cpuMs,
    wallMs,
    subRequests,
    parallelSubRequests,
    subRequestWallMs,
    subRequestBytes: responseMb * MB,
  };
}
