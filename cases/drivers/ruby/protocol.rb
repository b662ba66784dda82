# The driver protocol over standard input and output, for verbs that block (PORTING.md).
module Protocol
  # Ruby's own errors, which carry no errno, by the words in which they are told.
  NEAREST = { /closed stream|stream closed/ => "EBADF", /not opened for writing/ => "EPIPE", /not opened for reading/ => "EBADF" }.freeze

  def self.failed(error)
    return "error #{error.class.name.split("::").last}" if error.is_a?(SystemCallError)
    found = NEAREST.find { |words, _| error.message =~ words }
    "error #{found ? found.last : "EIO"}"
  end

  def self.answer(verbs, tag, verb, args)
    reply = verbs.key?(verb) ? verbs[verb].call(*args) : "unimplemented"
    reply = "ok" unless reply.is_a?(String)
  rescue KeyError # no such handle
    reply = "error EBADF"
  rescue EOFError
    reply = "eof"
  rescue SystemCallError, IOError => error
    reply = failed(error)
  ensure
    $stdout.write("#{tag} #{reply}\n")
    $stdout.flush
  end

  # Answers by `verbs`, lambdas by name, until `quit`. What may wait does so in a thread of its own.
  def self.serve(verbs)
    waiting = Queue.new
    Thread.new { loop { answer(verbs, *waiting.pop) } }
    while (line = $stdin.gets)
      tag, verb, *args = line.split
      %w[accept recv].include?(verb) ? waiting.push([tag, verb, args]) : answer(verbs, tag, verb, args)
      break if verb == "quit"
    end
  end
end
