import { z } from 'zod';
import { regionName, sourceName, strictObject } from './schema-parts.ts';

const asked = { principal: z.string(), stream: z.string() };
const expect = z.enum(['allow', 'deny']);

/** One question to the policy, with the answer it must give. */
export const policyTestSchema = z.discriminatedUnion('action', [
  strictObject({
    ...asked,
    action: z.literal('write'),
    /** The `Edge-Source` of the batch. */
    source: sourceName,
    /** @default the primary region */
    region: regionName.optional(),
    expect,
  }),
  // A read is decided without source and region.
  strictObject({ ...asked, action: z.literal('read'), expect }),
]);
