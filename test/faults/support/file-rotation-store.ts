import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CURRENT,
  PENDING,
  PREVIOUS,
  type RotationStore,
  RotationStoreError,
} from '../../../functions/rotation/rotate-database-user/rotation-store.ts';
import { type SecretStore, SecretUnavailableError } from '../../../functions/shared/secret-store.ts';

interface Version {
  readonly id: string;
  readonly value?: string;
  readonly labels: readonly string[];
}

interface SecretFile {
  readonly rotationEnabled: boolean;
  readonly versions: readonly Version[];
}

/** Secrets Manager's versions and staging labels, in a file for each secret. Each call is one step that nothing comes between. */
export interface FileRotationStore extends RotationStore, SecretStore {
  /** Makes a secret whose first version is the current one; without a value there is none. */
  create(secret: string, value?: string): void;
  /** What `rotate-secret` does before it calls the function: a new version, without a value, is pending. */
  begin(secret: string, version: string): void;
  setRotation(secret: string, enabled: boolean): void;
}

export function openFileRotationStore(folder: string): FileRotationStore {
  const pathOf = (secret: string) => join(folder, encodeURIComponent(secret));
  const load = (secret: string): SecretFile => JSON.parse(readFileSync(pathOf(secret), 'utf8'));
  const save = (secret: string, file: SecretFile) => writeFileSync(pathOf(secret), JSON.stringify(file));
  const change = (secret: string, edit: (versions: readonly Version[]) => readonly Version[]) => {
    const file = load(secret);
    save(secret, { ...file, versions: edit(file.versions).filter(({ labels }) => labels.length > 0) });
  };
  /** Puts a label on one version and takes it from all others. */
  const label = (versions: readonly Version[], name: string, id: string): readonly Version[] =>
    versions.map((version) => {
      const others = version.labels.filter((held) => held !== name);
      return { ...version, labels: version.id === id ? [...others, name] : others };
    });

  return {
    create: (secret, value) =>
      save(secret, {
        rotationEnabled: true,
        versions: value === undefined ? [] : [{ id: 'first', value, labels: [CURRENT] }],
      }),
    begin: (secret, version) =>
      change(secret, (versions) => label([...versions, { id: version, labels: [] }], PENDING, version)),
    setRotation: (secret, rotationEnabled) => save(secret, { ...load(secret), rotationEnabled }),

    async describe(secret) {
      const { rotationEnabled, versions } = load(secret);
      return { rotationEnabled, labels: new Map(versions.map(({ id, labels }) => [id, labels])) };
    },
    async readVersion(secret, id) {
      return load(secret).versions.find((version) => version.id === id)?.value;
    },
    async putPending(secret, id, value) {
      change(secret, (versions) => {
        const found = versions.find((version) => version.id === id);
        if (found?.value !== undefined) return versions;
        const others = versions.filter((version) => version.id !== id);
        return label([...others, { id, value, labels: found?.labels ?? [] }], PENDING, id);
      });
    },
    async moveCurrent(secret, from, to) {
      change(secret, (versions) => {
        const holds = versions.some(({ id, labels }) => id === from && labels.includes(CURRENT));
        if (!holds || !versions.some(({ id }) => id === to)) {
          throw new RotationStoreError('Moving AWSCURRENT of', secret, 'InvalidParameterException, status 400');
        }
        return label(label(versions, CURRENT, to), PREVIOUS, from);
      });
    },
    async read(name) {
      if (!existsSync(pathOf(name))) throw new SecretUnavailableError(name);
      const current = load(name).versions.find(({ labels }) => labels.includes(CURRENT));
      if (current?.value === undefined) throw new SecretUnavailableError(name);
      return current.value;
    },
  };
}
