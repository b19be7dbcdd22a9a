// Signing in as any role: the user name is the role, the password is `demo`.
import { Refusal, type Router } from "./http.ts";
import { HOUR, ROLES, type World, iso } from "./world.ts";

export function peopleRoutes(router: Router, world: World) {
  const me = (user: string) => ({
    userName: user,
    displayName: `${user.charAt(0).toUpperCase()}${user.slice(1)} Example`,
    tenant: { id: "9350e2fc-a1dd-4c65-8d40-1f75a2e080dd", name: "Example Telecom" },
    roles: [user],
    permissions: ROLES[user],
    lines: { kind: "all" },
    csrf: "token",
    idleSeconds: 1_200,
    endsAt: iso(Date.now() + HOUR / 3),
  });
  const tenants = [{ id: "9350e2fc-a1dd-4c65-8d40-1f75a2e080dd", name: "Example Telecom" }];
  router.on("GET", "sign-in", () => ({ kind: process.env["GES_MOCK_GAUTH"] ? "gauth" : "local", tenants }), true);
  router.on(
    "POST",
    "sign-in",
    ({ body, response }) => {
      if (!(body.userName in ROLES) || body.password !== "demo") throw new Refusal(40105, "wrong name or password");
      world.sessions.add(body.userName);
      response.setHeader("set-cookie", `ges_session=${body.userName}; Path=/ges; HttpOnly; SameSite=Lax`);
      return me(body.userName);
    },
    true,
  );
  router.on("POST", "sign-out", ({ response }) => {
    response.setHeader("set-cookie", "ges_session=; Path=/ges; Max-Age=0");
    return {};
  });
  router.on("GET", "me", ({ user }) => me(user ?? ""));
  router.on("GET", "preferences/{key}", ({ path, user }) => world.preferences.get(`${user}/${path["key"]}`) ?? null);
  router.on("PUT", "preferences/{key}", ({ path, user, body }) => {
    world.preferences.set(`${user}/${path["key"]}`, body);
    return body;
  });
  // For tests alone: end a session, change the pace, take the service away.
  router.on("POST", "mock/{what}", ({ path, body, user }) => {
    if (path["what"] === "expire") world.sessions.delete(user ?? "");
    if (path["what"] === "rate") world.rate = body.rate;
    if (path["what"] === "down") {
      world.down = true;
      setTimeout(() => (world.down = false), body.ms);
    }
    return {};
  });
}
