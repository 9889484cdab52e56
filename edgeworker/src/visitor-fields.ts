import { clientNetwork } from './client-network.ts';
import type { EdgeDevice, VisitorRequest } from './platform.ts';
import { readHeader } from './read-header.ts';

/** What the edge knows about a visitor, by the names of `web_events`; undefined where it does not know. */
export interface VisitorFields {
  readonly country: string | undefined;
  readonly region: string | undefined;
  readonly city: string | undefined;
  readonly device: 'tablet' | 'phone' | 'desktop' | undefined;
  readonly client_network: string | undefined;
  readonly user_agent: string | undefined;
}

/** Reads them from the request alone, so that the same visitor's retry gives the same values. */
export function visitorFields(request: VisitorRequest): VisitorFields {
  const location = request.userLocation;
  return {
    country: location?.country || undefined,
    region: location?.region || undefined,
    city: location?.city || undefined,
    device: deviceKind(request.device),
    client_network: clientNetwork(request.clientIp ?? ''),
    user_agent: readHeader(request, 'User-Agent'),
  };
}

/** Akamai counts a tablet as mobile too. Where it knows neither, it knows no device. */
function deviceKind(device: EdgeDevice | null | undefined): VisitorFields['device'] {
  if (device?.isTablet) return 'tablet';
  if (device?.isMobile) return 'phone';
  return device?.isMobile === false ? 'desktop' : undefined;
}
