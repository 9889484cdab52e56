import { problem } from './describe-issue.ts';
import { certificateArnIn, type DomainConfig, truststoreIn } from './domain-schema.ts';
import type { ConfigSections } from './schema.ts';

/** What is wrong with the domain, held against the regions. */
export function checkDomain({ domain, regions }: Pick<ConfigSections, 'domain' | 'regions'>): readonly string[] {
  if (domain === undefined) return [];
  return [...checkAddress(domain, ['domain'], regions), ...(domain.mtls ? checkMutualTls(domain, regions) : [])];
}

type Path = readonly PropertyKey[];

function checkAddress(
  domain: Pick<DomainConfig, 'certificateArn'>,
  path: Path,
  regions: readonly string[],
): readonly string[] {
  return regions.flatMap((region) => {
    const arn = certificateArnIn(domain, region);
    const at = [...path, 'certificateArn'];
    const expected = `an ARN in ${region}, as API Gateway takes no certificate of another region; give { '${region}': 'arn:…' }`;
    if (arn === undefined) return [problem(at, `nothing for ${region}`, expected)];
    return arn.split(':')[3] === region ? [] : [problem(at, `one in ${arn.split(':')[3]} for ${region}`, expected)];
  });
}

function checkMutualTls(domain: Extract<DomainConfig, { mtls: true }>, regions: readonly string[]): readonly string[] {
  const { tokenDomain, name } = domain;
  return [
    ...regions.flatMap((region) =>
      truststoreIn(domain, region) === undefined
        ? [problem(['domain', 'truststore'], `nothing for ${region}`, 'a truststore for each region; add it')]
        : [],
    ),
    ...(tokenDomain === undefined ? [] : checkAddress(tokenDomain, ['domain', 'tokenDomain'], regions)),
    ...(tokenDomain?.name === name
      ? [problem(['domain', 'tokenDomain', 'name'], `"${name}"`, 'another name than domain.name; change it')]
      : []),
  ];
}
