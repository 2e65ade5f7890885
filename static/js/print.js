// A page opened to be printed asks for it at once.
addEventListener("load", () => print());
