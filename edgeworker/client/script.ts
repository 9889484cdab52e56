import { createClient } from './client.ts';

// For `<script src>`: the one name that a page gets.
Object.assign(globalThis, { edgehouse: { createClient } });
