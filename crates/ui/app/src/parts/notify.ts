// Short news at the edge of the screen: done, or not done and why.
import { notifications } from "@mantine/notifications";

export const done = (message: string) => notifications.show({ message, color: "green" });
export const failed = (title: string, message?: string) =>
  notifications.show({ title, message: message ?? "", color: "red", autoClose: 12_000 });
