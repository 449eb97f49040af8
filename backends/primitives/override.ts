/** Wrapping an object: everything of it but for some members. @module */

/**
 * The object with some of its members replaced. A wrapper has the type of what it wraps, so the compiler checks that it is
 * still one. The other methods run on the object itself: only there are its private fields.
 */
export function override<T extends object>(target: T, members: NoInfer<Partial<T>>): T {
  return new Proxy(target, {
    get(target, name) {
      if (Object.hasOwn(members, name)) return members[name as keyof T];
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
