import { BlockList, isIP } from 'node:net';
import { BatchRefusedError } from '../shared/batch-refused-error.ts';

/**
 * Asks of every request where its connection comes from. The authorizer cannot: its answer is kept under the token, whoever sends it.
 *
 * @param networks `production.originIps`; undefined lets every address in
 * @returns throws BatchRefusedError POLICY_DENIED for an address in none of them, and for what is no address
 */
export function createOriginGate(networks: readonly string[] | undefined): (sourceIp: string) => void {
  if (networks === undefined) return () => undefined;
  const origins = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    origins.addSubnet(address, Number(prefix), familyOf(address));
  }
  return (sourceIp) => {
    // An IPv4 address in IPv6 form is found among the IPv4 networks.
    if (isIP(sourceIp) !== 0 && origins.check(sourceIp, familyOf(sourceIp))) return;
    throw new BatchRefusedError('POLICY_DENIED', 'Batches are not taken from this address.', {
      rule: 'production.originIps',
    });
  };
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
