import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;

/** The driver protocol over standard input and output, for verbs that block (PORTING.md). */
final class Protocol {
  /** Replies without its tag; null is {@code ok}. */
  interface Verb {
    String answer(String[] words) throws IOException;
  }

  interface On<T> {
    String answer(T thing, String[] words) throws IOException;
  }

  interface Do<T> {
    void run(T thing) throws IOException;
  }

  /** Things by their handles. */
  static final class Handles<T> {
    private final Map<String, T> things = new ConcurrentHashMap<>();

    String put(String handle, T thing) {
      things.put(handle, thing);
      return null;
    }

    /** A verb on a thing that must exist. */
    Verb on(On<T> verb) {
      return words -> things.containsKey(words[2]) ? verb.answer(things.get(words[2]), words) : "error EBADF";
    }

    Verb doing(Do<T> verb) {
      return on((thing, words) -> { verb.run(thing); return null; });
    }

    /** The last verb on it. */
    Verb end(Do<T> verb) {
      return on((thing, words) -> { things.remove(words[2]); verb.run(thing); return null; });
    }
  }

  // What Java says, in place of the errno that it had. The first that fits.
  private static final Map<String, String> ERRORS = new LinkedHashMap<>();

  static {
    String[] pairs = {
      "Connection refused", "ECONNREFUSED", "Connection reset", "ECONNRESET",
      "Broken pipe", "EPIPE", "timed out", "ETIMEDOUT",
      "Address already in use", "EADDRINUSE", "Cannot assign requested address", "EADDRNOTAVAIL",
      "Too many open files in system", "ENFILE", "Too many open files", "EMFILE",
      "No buffer space", "ENOBUFS", "Cannot allocate memory", "ENOMEM",
      "Network is unreachable", "ENETUNREACH", "No route to host", "EHOSTUNREACH",
      "not connected", "ENOTCONN", "Invalid argument", "EINVAL",
      "Permission denied", "EACCES", "Operation not permitted", "EPERM",
      "connection abort", "ECONNABORTED", "Interrupted system call", "EINTR",
      "Bad file descriptor", "EBADF", "No space left", "ENOSPC",
      "Disk quota", "EDQUOT", "No such file", "ENOENT",
      "output is shutdown", "EPIPE", "output is already shutdown", "EPIPE",
      "losed", "EBADF"
    };
    for (int i = 0; i < pairs.length; i += 2) ERRORS.put(pairs[i], pairs[i + 1]);
  }

  private static String failed(IOException error) {
    String said = error.toString(); // the class names what some have no words for: ClosedChannelException
    for (Map.Entry<String, String> entry : ERRORS.entrySet()) {
      if (said.contains(entry.getKey())) return "error " + entry.getValue();
    }
    return "error EIO";
  }

  static byte[] fromHex(String hex) {
    byte[] data = new byte[hex.length() / 2];
    for (int i = 0; i < data.length; ++i) data[i] = (byte) Integer.parseInt(hex.substring(2 * i, 2 * i + 2), 16);
    return data;
  }

  /** The answer of a receive that has put {@code count} bytes there. */
  static String received(byte[] data, int count) {
    if (count < 0) return "eof";
    StringBuilder hex = new StringBuilder("ok ");
    for (int i = 0; i < count; ++i) {
      hex.append(Character.forDigit(data[i] >> 4 & 15, 16)).append(Character.forDigit(data[i] & 15, 16));
    }
    return hex.toString();
  }

  static String spawn(String[] words) throws IOException {
    Process process = new ProcessBuilder(java.util.Arrays.asList(words).subList(2, words.length)).inheritIO().start();
    return "ok " + process.pid();
  }

  private static void answer(Map<String, Verb> verbs, String[] words) {
    String reply;
    try {
      reply = verbs.containsKey(words[1]) ? verbs.get(words[1]).answer(words) : "unimplemented";
    } catch (IOException error) {
      reply = failed(error);
    }
    PrintStream output = System.out;
    synchronized (output) {
      output.print(words[0] + " " + (reply == null ? "ok" : reply) + "\n");
      output.flush();
    }
  }

  /** Answers requests by {@code verbs} until {@code quit}. What may wait does so in a thread of its own. */
  static void serve(Map<String, Verb> verbs) throws IOException {
    LinkedBlockingQueue<String[]> waiting = new LinkedBlockingQueue<>();
    Thread waiter = new Thread(() -> {
      while (true) {
        try {
          answer(verbs, waiting.take());
        } catch (InterruptedException error) {
          return;
        }
      }
    });
    waiter.setDaemon(true);
    waiter.start();
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
    for (String line; (line = input.readLine()) != null; ) {
      String[] words = line.split(" ");
      if (words[1].equals("recv") || words[1].equals("accept")) {
        waiting.add(words);
      } else {
        answer(verbs, words);
      }
      if (words[1].equals("quit")) return;
    }
  }
}
