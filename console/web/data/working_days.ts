/** How far a term is, in working days. Pure. @module */
import { daysAfter, dutchDay, isWorkingDay } from "../../../actors/application.ts";

/** Terms of law end within a year; what is farther off is not counted day by day. */
const FARTHEST = 800;

/** Working days from now to a day: 0 for today, less when it has passed; undefined when it is too far off to count. */
export function workingDaysUntil(due: string, now: number): number | undefined {
  const today = dutchDay(new Date(now).toISOString());
  if (due === today) return 0;
  const step = due > today ? 1 : -1;
  let [day, count] = [today, 0];
  for (let i = 0; i < FARTHEST && day !== due; i++) {
    day = daysAfter(day, step);
    if (isWorkingDay(step > 0 ? day : daysAfter(day, 1))) count += step;
  }
  return day === due ? count : undefined;
}
