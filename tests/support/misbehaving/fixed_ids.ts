/** The ids of a store whose secret is fixed, where a test pins ids. @module */
import { derivedIds } from "../../../schema/ids.ts";

export const FIXED_SECRET = "the same in every test, and so no secret";

export const fixedId = derivedIds(FIXED_SECRET);
